echo start
