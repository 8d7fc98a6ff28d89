touch started; exit 1
