Write-Host "[31mred[0m"
