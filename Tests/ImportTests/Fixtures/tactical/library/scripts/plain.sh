df -P /
