Write-Output "use {{agent.hostname}} as the name"
