Write-Output "nobody names me"
