Write-Output "nothing to say"
