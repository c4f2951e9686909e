Restart-Service -Name Spooler -Force
Get-Service -Name Spooler | Select-Object Name, Status
