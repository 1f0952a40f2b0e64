package io.adapterworks.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.TestSpark;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Does what Hadoop's own local file system does. */
class InProcessLocalFileSystemTest {
  @TempDir java.nio.file.Path folder;
  private final Configuration conf = TestSpark.session().sparkContext().hadoopConfiguration();
  private FileSystem files;

  @BeforeEach
  void open() throws IOException {
    // Not the cached one, which may be of another session's configuration.
    files = FileSystem.newInstance(folder.toUri(), conf);
  }

  @AfterEach
  void close() throws IOException {
    files.close();
  }

  private Path path(String name) {
    return new Path(folder.resolve(name).toUri());
  }

  private String permissions(String name) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name)));
  }

  @Test
  void isWhatALocalSessionUses() throws IOException {
    assertInstanceOf(InProcessLocalFileSystem.class, files);
    assertInstanceOf(
        InProcessLocalFileSystem.Context.class,
        FileContext.getFileContext(folder.toUri(), conf).getDefaultFileSystem());
  }

  @Test
  void permissionsAreSet() throws IOException {
    for (short octal : new short[] {0600, 0644, 0755, 0751}) {
      files.create(path("file-" + octal), new FsPermission(octal), true, 4096, (short) 1, 1, null);
      files.setPermission(path("file-" + octal), new FsPermission(octal));
      assertEquals(
          new FsPermission(octal), files.getFileStatus(path("file-" + octal)).getPermission());
    }
    assertEquals("rwxr-x--x", permissions("file-" + 0751));
    files.setPermission(new Path(folder.toUri()), new FsPermission((short) 01777));
    assertEquals(
        new FsPermission((short) 01777),
        files.getFileStatus(new Path(folder.toUri())).getPermission());
  }

  @Test
  void theStatusOfALinkIsHadoops() throws IOException {
    Files.writeString(folder.resolve("file"), "text");
    Files.createSymbolicLink(folder.resolve("link"), folder.resolve("file"));
    try (FileSystem hadoops = new LocalFileSystem(new RawLocalFileSystem())) {
      hadoops.initialize(folder.toUri(), new Configuration());
      for (String name : List.of("file", "link")) {
        FileStatus expected = hadoops.getFileLinkStatus(path(name));
        FileStatus seen = files.getFileLinkStatus(path(name));
        assertEquals(expected.isSymlink(), seen.isSymlink(), name);
        assertEquals(expected.getLen(), seen.getLen(), name);
        assertEquals(expected.getPath(), seen.getPath(), name);
      }
    }
    assertThrows(FileNotFoundException.class, () -> files.getFileLinkStatus(path("none")));
  }

  @Test
  void aRenamedFileKeepsItsChecksum() throws IOException {
    FileContext context = FileContext.getFileContext(folder.toUri(), conf);
    try (var out = files.create(path("first"))) {
      out.writeUTF("text");
    }
    context.rename(path("first"), path("second"), Options.Rename.NONE);
    assertEquals(List.of(".second.crc", "second"), names());
    assertThrows(
        FileNotFoundException.class,
        () -> context.rename(path("first"), path("third"), Options.Rename.NONE));
  }

  private List<String> names() throws IOException {
    try (var listed = Files.list(folder)) {
      return listed.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
