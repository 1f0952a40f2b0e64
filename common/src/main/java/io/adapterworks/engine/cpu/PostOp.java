package io.adapterworks.engine.cpu;

/** What a primitive does to its result before it writes it. */
sealed interface PostOp {
  /** A product's result += a row, before anything else; only as the first of a product. */
  record Bias(Layout row) implements PostOp {}

  /** result += what the output holds. */
  record AddToOutput() implements PostOp {}

  /** result = alpha · result. */
  record Scale(float alpha) implements PostOp {}

  /** result = f(result), an element-wise function of oneDNN. */
  record Function(int algorithm) implements PostOp {}

  /** result = result ∘ operand, which is broadcast along its dimensions of size 1. */
  record Combine(int algorithm, Layout operand) implements PostOp {}

  AddToOutput ADD_TO_OUTPUT = new AddToOutput();
}
