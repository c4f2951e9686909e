<#
.SYNOPSIS
    Reports how much room is left on a drive.
.DESCRIPTION
    Compares the free space with a bound.
    Exits with 1 below it.
.PARAMETER Drive
    The letter of the drive.
.PARAMETER Percent
    The least part that has to be free.
.EXAMPLE
    -Drive D -Percent 20
#>
[CmdletBinding()]
param (
  [Parameter(Mandatory = $true, Position = 0)]
  [ValidatePattern('^[a-z]$')]
  [string] $Drive,

  [ValidateRange(1, 99)]
  [int] $Percent = 10,

  [ValidateSet("Table", 'List', "Csv")]
  [string] $Format = 'List', # how it is printed

  [switch] $Quiet
)
$volume = Get-Volume -DriveLetter $Drive
$free = [math]::Floor(100 * $volume.SizeRemaining / $volume.Size)
if (-not $Quiet) { "free: $free %" }
if ($free -lt $Percent) { exit 1 }
