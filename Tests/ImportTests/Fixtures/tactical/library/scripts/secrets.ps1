param(
  [Parameter(Mandatory)] [securestring] $Key,
  [pscredential] $Login,
  [string] $ClientSecret = 'changeme',
  [string] $TokenFile = 'C:\\token.txt',
  [ValidateSet('a', 'b')] [string] $Password
)
$Login.UserName
