package io.adapterworks.table;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/** Opens the filesystem that holds the warehouse's plain files. */
public final class WarehouseFiles {
  private WarehouseFiles() {}

  /**
   * The filesystem of {@code path}; a local one without the checksum files that Hadoop lays beside
   * what it writes, since other programs read these folders too. Not to be closed: Hadoop shares
   * it.
   */
  public static FileSystem of(Path path, Configuration hadoop) throws IOException {
    FileSystem files = path.getFileSystem(hadoop);
    return files instanceof LocalFileSystem local ? local.getRawFileSystem() : files;
  }

  /** How many data files lie in a folder and those below it, hidden and log folders apart. */
  static long count(Path folder, Configuration hadoop) {
    try {
      FileSystem files = of(folder, hadoop);
      long count = 0;
      for (FileStatus entry : files.listStatus(folder)) {
        String name = entry.getPath().getName();
        if (!name.startsWith("_") && !name.startsWith(".")) {
          count += entry.isDirectory() ? count(entry.getPath(), hadoop) : 1;
        }
      }
      return count;
    } catch (IOException failure) {
      throw StorageFailures.explain("list " + folder, failure);
    }
  }
}
