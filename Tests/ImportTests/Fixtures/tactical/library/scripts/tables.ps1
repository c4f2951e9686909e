param([hashtable] $Settings = @{}, [System.Collections.Generic.List[string]] $Names, [object] $Any, [byte] $Small, [uri] $Link = 'https://example.org', [guid[]] $Ids)
$Settings.Keys
