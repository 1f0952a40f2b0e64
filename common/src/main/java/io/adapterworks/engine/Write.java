package io.adapterworks.engine;

/** Whether a primitive sets its output or adds to what is there. */
public enum Write {
  SET,
  ADD
}
