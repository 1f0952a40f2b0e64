package io.adapterworks.table;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFs;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FsConstants;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Hadoop's local file system with permissions and links by {@code java.nio.file}. Without Hadoop's
 * native library its own starts a process, {@code chmod} or {@code readlink}, for each: a dozen for
 * every commit to a Delta table.
 */
public final class InProcessLocalFileSystem extends LocalFileSystem {
  /** Hadoop settings that put it in the place of Hadoop's own. */
  static final Map<String, String> SETTINGS =
      Map.of(
          "fs.file.impl", InProcessLocalFileSystem.class.getName(),
          "fs.AbstractFileSystem.file.impl", Context.class.getName());

  public InProcessLocalFileSystem() {
    super(new Raw());
  }

  /**
   * Hadoop's defaults with it, for files that are opened before Spark is: Hadoop keeps the first
   * file system of a process for those after it.
   */
  public static Configuration configuration() {
    Configuration conf = new Configuration();
    SETTINGS.forEach(conf::set);
    return conf;
  }

  private static final class Raw extends RawLocalFileSystem {
    @Override
    public void setPermission(Path path, FsPermission permission) throws IOException {
      var view =
          Files.getFileAttributeView(pathToFile(path).toPath(), PosixFileAttributeView.class);
      if (view == null || permission.getStickyBit()) {
        super.setPermission(path, permission);
        return;
      }
      String symbols =
          permission.getUserAction().SYMBOL
              + permission.getGroupAction().SYMBOL
              + permission.getOtherAction().SYMBOL;
      view.setPermissions(PosixFilePermissions.fromString(symbols));
    }

    /** Hadoop's own asks {@code readlink} for a URI, which is never a link: the same answer. */
    @Override
    public FileStatus getFileLinkStatus(Path path) throws IOException {
      return getFileStatus(path);
    }
  }

  /** The same for Hadoop's file contexts, through which Delta commits. */
  public static final class Context extends ChecksumFs {
    public Context(URI uri, Configuration conf) throws IOException, URISyntaxException {
      super(new RawContext(conf));
    }
  }

  private static final class RawContext extends DelegateToFileSystem {
    private RawContext(Configuration conf) throws IOException, URISyntaxException {
      super(FsConstants.LOCAL_FS_URI, new Raw(), conf, FsConstants.LOCAL_FS_URI.getScheme(), false);
    }

    @Override
    public boolean isValidName(String name) {
      // As for Hadoop's own: a local path may hold a colon.
      return true;
    }
  }
}
