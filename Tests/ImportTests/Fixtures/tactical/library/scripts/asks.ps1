param([string] $Name)
. "$PSScriptRoot\helper.ps1"
if (-not $Name) { $Name = Read-Host "Name" }
