param($Name, [switch]$_noop, $_task)
if ($_noop) { "would" } else { "did $Name" }
