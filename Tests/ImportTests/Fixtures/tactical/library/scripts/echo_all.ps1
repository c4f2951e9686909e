foreach ($word in $args) { Write-Output $word }
