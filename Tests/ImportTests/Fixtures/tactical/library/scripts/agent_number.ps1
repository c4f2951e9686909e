$service = $args[0]
Get-CimInstance Win32_Service -Filter "Name='$service'" | Select-Object PathName
