Write-Output "Grьяe Ц 50 А"
