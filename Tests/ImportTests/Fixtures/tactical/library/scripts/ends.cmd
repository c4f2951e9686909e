echo start
'@echo
