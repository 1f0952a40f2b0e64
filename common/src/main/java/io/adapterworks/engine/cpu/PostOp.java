package io.adapterworks.engine.cpu;

/** What a primitive does to its result before it writes it. */
sealed interface PostOp {
  /** What it is for a part of the result; itself, unless it has an operand. */
  PostOp slice(int axis, long from, long count);

  /** A product's result += a row, before anything else; only as the first of a product. */
  record Bias(Layout row) implements PostOp {
    @Override
    public PostOp slice(int axis, long from, long count) {
      return new Bias(row.slice(axis, from, count));
    }
  }

  /** result += what the output holds. */
  record AddToOutput() implements PostOp {
    @Override
    public PostOp slice(int axis, long from, long count) {
      return this;
    }
  }

  /** result = alpha · result. */
  record Scale(float alpha) implements PostOp {
    @Override
    public PostOp slice(int axis, long from, long count) {
      return this;
    }
  }

  /** result = f(result), an element-wise function of oneDNN. */
  record Function(int algorithm) implements PostOp {
    @Override
    public PostOp slice(int axis, long from, long count) {
      return this;
    }
  }

  /** result = result ∘ operand, which is broadcast along its dimensions of size 1. */
  record Combine(int algorithm, Layout operand) implements PostOp {
    @Override
    public PostOp slice(int axis, long from, long count) {
      return new Combine(algorithm, operand.slice(axis, from, count));
    }
  }

  AddToOutput ADD_TO_OUTPUT = new AddToOutput();
}
