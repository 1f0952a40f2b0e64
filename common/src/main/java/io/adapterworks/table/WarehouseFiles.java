package io.adapterworks.table;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
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
}
