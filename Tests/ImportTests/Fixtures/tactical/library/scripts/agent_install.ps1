param (
  [string] $Url,
  [string] $ApiKey,
  [string] $SiteName,
  [string] $Label,
  [string[]] $Products,
  [switch] $Log,
  [string] $Action
)
Write-Output "installing for $SiteName"
