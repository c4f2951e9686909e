@echo off
ipconfig /flushdns
for %%i in (a b) do echo %%i
if errorlevel 1 exit /b 3
