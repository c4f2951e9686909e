# requires nothing
using namespace System.Text
using module Microsoft.PowerShell.Utility

# .SYNOPSIS
# Parameters that are hard to read.
[CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'One')]
param (
  <# a comment ) with a bracket #>
  [Parameter(ParameterSetName = 'One', Mandatory)] [string] $One,
  [Parameter(ParameterSetName = 'Two', Mandatory = $true)] [string] $Two,
  [string] $Here = @'
it's ) a "here-string
'@,
  [string] $Sub = "the $(Get-Date -Format 'yyyy (MM)') of it",
  [string] $Tick = "a `"quoted`" word, `$5`tand a ""second""",
  [ValidateNotNullOrEmpty()][Alias('h', 'host')] ${Computer Name} = 'local''host',
  [int64] $Size = 4kb,
  [int] $Hex = 0x1F,
  [double] $Ratio = .5,
  [datetime] $Since = (Get-Date).AddDays(-1),
  [System.ServiceProcess.ServiceStartMode] $Mode = 'Manual'
)
"{0} {1}" -f $One, $Sub
