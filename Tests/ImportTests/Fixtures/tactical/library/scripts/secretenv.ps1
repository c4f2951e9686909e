Write-Output $env:API_TOKEN.Length
