package io.adapterworks.pass;

/** How far down a layer's backward must go. */
enum Reach {
  /** To the layer's input: a layer below it is adapted too. */
  INPUT,
  /** To this layer's own factors. */
  WEIGHTS
}
