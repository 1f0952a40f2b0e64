package io.adapterworks.curate;

import io.adapterworks.curate.source.ColumnTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * A difference between the columns of a file and those of the files of its input before it.
 *
 * @param source the file
 * @param column the column
 * @param expected the types it had, or {@code absent}
 * @param found the types it has, or {@code absent}
 */
public record SchemaDrift(
    String source, String column, Change change, String expected, String found) {
  static final String ABSENT = "absent";

  /** What happened to a column. */
  public enum Change {
    /** No file had it before. */
    NEW,
    /** The file before had it, this one has not. */
    MISSING,
    /** It has values of a type that it never had. */
    RETYPED;

    /** As tables spell it. */
    public String spelled() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * How {@code now} differs.
   *
   * @param ever the columns of all files before
   * @param last those of the newest of them
   */
  static List<SchemaDrift> between(
      ColumnTypes ever, ColumnTypes last, ColumnTypes now, String source) {
    List<SchemaDrift> drift = new ArrayList<>();
    for (String column : now.columns()) {
      Set<String> strange = new TreeSet<>(now.of(column));
      strange.removeAll(ever.of(column));
      if (!ever.columns().contains(column)) {
        drift.add(new SchemaDrift(source, column, Change.NEW, ABSENT, spelled(now.of(column))));
      } else if (!strange.isEmpty()) {
        drift.add(
            new SchemaDrift(
                source, column, Change.RETYPED, spelled(ever.of(column)), spelled(now.of(column))));
      }
    }
    for (String column : last.columns()) {
      if (!now.columns().contains(column)) {
        drift.add(
            new SchemaDrift(source, column, Change.MISSING, spelled(last.of(column)), ABSENT));
      }
    }
    return drift;
  }

  private static String spelled(Set<String> types) {
    return String.join("|", types);
  }
}
