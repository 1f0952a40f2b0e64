package io.adapterworks.table;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Looks at a Delta log's file names, which tells a table's version without a Spark job. Delta
 * transaction protocol, "Delta Log Entries": commit n is {@code _delta_log/<n in 20 digits>.json}.
 */
final class TableLog {
  private static final String LOG = "_delta_log";
  private static final Pattern COMMIT = Pattern.compile("(\\d{20})\\.json");

  private final Configuration hadoop;

  TableLog(Configuration hadoop) {
    this.hadoop = hadoop;
  }

  /** The table's newest version, or empty where there is no table yet. */
  OptionalLong version(String table, Path folder) {
    try {
      FileSystem files = folder.getFileSystem(hadoop);
      OptionalLong newest = newestCommit(files, folder);
      Check.that(
          newest.isPresent() || isFree(files, folder),
          ErrorCode.INPUT,
          "%s is not a Delta table, so table %s cannot live there; expected an empty or missing"
              + " folder, or a Delta table; move those files away or set another warehouse",
          folder,
          table);
      return newest;
    } catch (IOException failure) {
      throw StorageFailures.explain("read table " + table + " in " + folder, failure);
    }
  }

  private static OptionalLong newestCommit(FileSystem files, Path folder) throws IOException {
    FileStatus[] entries;
    try {
      entries = files.listStatus(new Path(folder, LOG));
    } catch (FileNotFoundException absent) {
      return OptionalLong.empty();
    }
    long newest = -1;
    for (FileStatus entry : entries) {
      Matcher name = COMMIT.matcher(entry.getPath().getName());
      if (name.matches()) {
        newest = Math.max(newest, Long.parseLong(name.group(1)));
      }
    }
    return newest < 0 ? OptionalLong.empty() : OptionalLong.of(newest);
  }

  /** A first write that was killed leaves data files and perhaps an empty log: still free. */
  private static boolean isFree(FileSystem files, Path folder) throws IOException {
    if (!files.exists(folder)) {
      return true;
    }
    if (!files.getFileStatus(folder).isDirectory()) {
      return false;
    }
    for (FileStatus entry : files.listStatus(folder)) {
      String name = entry.getPath().getName();
      boolean leftover =
          name.equals(LOG)
              || name.startsWith("part-")
              || name.startsWith(".")
              || entry.isDirectory();
      if (!leftover) {
        return false;
      }
    }
    return true;
  }
}
