param([string] $A, [int $B
Write-Output $A
