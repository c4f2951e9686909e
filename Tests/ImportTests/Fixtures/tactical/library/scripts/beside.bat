cd /d "%~dp0"
dir
