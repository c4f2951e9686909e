echo %~1
