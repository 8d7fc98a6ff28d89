echo creating
echo '{}'
