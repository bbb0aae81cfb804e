--- What the engine brings to the module `orrery`, by name: asking for one of them opens it.
return {
  "tensor", "zeros", "ones", "full", "empty", "rand", "randn", "randint", "randperm", "arange", "linspace",
  "eye", "fft_fftfreq", "fft_rfftfreq", "aten", "ops", "load_library", "load_plugin", "no_grad", "grad",
  "load_tensors", "save_image", "load_image", "make_grid",
  "cuda_is_available", "device_count", "set_threads",
}
