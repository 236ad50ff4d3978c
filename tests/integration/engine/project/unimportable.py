import package_that_the_layer_lacks  # type: ignore[import-not-found]  # noqa: F401
