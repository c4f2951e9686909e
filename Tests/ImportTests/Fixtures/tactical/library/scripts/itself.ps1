param([string] $Name)
if (-not (Get-Command 'Win_Own' -ErrorAction SilentlyContinue)) { . $MyInvocation.MyCommand.Path }
"$Name"
