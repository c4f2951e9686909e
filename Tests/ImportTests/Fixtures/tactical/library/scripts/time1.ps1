Start-Sleep 1
