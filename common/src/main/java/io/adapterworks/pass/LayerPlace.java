package io.adapterworks.pass;

import io.adapterworks.tensor.TensorScope;

/** Where a layer stands: its number, and the scope that its small weights live in. */
record LayerPlace(int index, TensorScope weights) {}
