echo "creating the bucket"
