package io.adapterworks.tokenize.template;

/**
 * A piece of a template's source.
 *
 * @param text what it says: for {@link Kind#STRING} without quotes
 */
record Token(Kind kind, String text) {
  enum Kind {
    /** Text to be copied. */
    TEXT,
    /** The start of an expression to be printed. */
    OPEN_PRINT,
    /** The start of a statement. */
    OPEN_STATEMENT,
    /** The end of either. */
    CLOSE,
    NAME,
    STRING,
    INTEGER,
    DECIMAL,
    SYMBOL,
    END
  }

  boolean is(Kind wanted, String wantedText) {
    return kind == wanted && text.equals(wantedText);
  }
}
