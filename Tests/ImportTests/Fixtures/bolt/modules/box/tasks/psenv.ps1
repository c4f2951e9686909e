Write-Output $env:PT_user
