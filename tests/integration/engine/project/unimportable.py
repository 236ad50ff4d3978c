import package_that_the_layer_lacks  # noqa: F401 - the test is about that
