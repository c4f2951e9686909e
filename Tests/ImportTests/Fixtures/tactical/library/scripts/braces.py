name = "x"
print(f"{{name}} is {name}")
