package io.adapterworks.pass;

/** Whether dropout is on. */
enum PassMode {
  TRAINING,
  INFERENCE
}
