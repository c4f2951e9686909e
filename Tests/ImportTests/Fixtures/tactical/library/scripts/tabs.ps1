	Write-Output "tab first"   

  if ($true) {
		Write-Output	"deep"	
  }


