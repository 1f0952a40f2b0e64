import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.rapaio.jupyter.kernel.MainApp;
import org.rapaio.jupyter.kernel.channels.Channels;
import org.rapaio.jupyter.kernel.core.ConnectionProperties;
import org.rapaio.jupyter.kernel.core.Transform;

/**
 * Starts the Java kernel of notebooks: java NotebookKernel.java CONNECTION_FILE. Two faults of
 * rapaio-jupyter-kernel 2.3.0 make its own main no use here. It lets all of java.util.logging
 * through, down to FINEST, to Spark's log; Janino, which compiles for Spark, fails when it
 * describes to a log what it enters. And a message that comes before its last channel is open ends
 * the thread that reads messages, since there are no handlers yet.
 */
final class NotebookKernel {
  private static final Logger CHATTER = Logger.getLogger("");

  private NotebookKernel() {}

  public static void main(String[] arguments) throws Exception {
    CHATTER.setLevel(Level.WARNING);
    String connection = Files.readString(Path.of(arguments[0]));
    Channels channels = new Channels(Transform.fromJson(connection, ConnectionProperties.class));
    // With none, an early message is passed over; who sent it asks again.
    Field handlers = Channels.class.getDeclaredField("handlers");
    handlers.setAccessible(true);
    handlers.set(channels, new HashMap<>());
    channels.connect(MainApp.kernel);
    channels.joinUntilClose();
  }
}
