Write-Output "still here"
