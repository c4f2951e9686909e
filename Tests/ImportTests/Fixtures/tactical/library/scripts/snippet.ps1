# first
{{logging_helper}}
Write-Output 1
