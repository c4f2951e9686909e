param(
    $username,
    $password,
    $fullname = "",
    $days = 30,
    $enabled = $true
)
if (-not $username) { Write-Output "no name"; exit 1 }
$secure = ConvertTo-SecureString $password -AsPlainText -Force
New-LocalUser -Name $username -Password $secure -FullName $fullname
