import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.rapaio.jupyter.kernel.MainApp;
import org.rapaio.jupyter.kernel.channels.AbstractChannel;
import org.rapaio.jupyter.kernel.channels.Channels;
import org.rapaio.jupyter.kernel.channels.ControlChannel;
import org.rapaio.jupyter.kernel.channels.LoopThread;
import org.rapaio.jupyter.kernel.channels.ShellChannel;
import org.rapaio.jupyter.kernel.core.ConnectionProperties;
import org.rapaio.jupyter.kernel.core.Transform;

/**
 * Starts the Java kernel of notebooks: java NotebookKernel.java CONNECTION_FILE. Faults of
 * rapaio-jupyter-kernel 2.3.0 make its own main no use here. It lets all of java.util.logging
 * through, down to FINEST, to Spark's log; Janino, which compiles for Spark, fails when it
 * describes to a log what it enters. It opens its channels in any order, so that a message may come
 * before there is a handler, which ends the thread that reads: here the readers open last. And a
 * thread that reads is started before it is told to go on, so that one start in five ends at once
 * and the notebook waits for good: here it is started again.
 */
final class NotebookKernel {
  private static final Logger CHATTER = Logger.getLogger("");
  private static final long PATIENCE_MILLIS = 200;

  private NotebookKernel() {}

  public static void main(String[] arguments) throws Exception {
    CHATTER.setLevel(Level.WARNING);
    ConnectionProperties connection =
        Transform.fromJson(Files.readString(Path.of(arguments[0])), ConnectionProperties.class);
    Channels channels = new Channels(connection);
    Field opened = Channels.class.getDeclaredField("channels");
    opened.setAccessible(true);
    @SuppressWarnings("unchecked")
    Set<AbstractChannel> all = (Set<AbstractChannel>) opened.get(channels);
    opened.set(
        channels, all.stream().filter(channel -> !reads(channel)).collect(Collectors.toSet()));
    channels.connect(MainApp.kernel);
    opened.set(channels, all);
    all.stream().filter(NotebookKernel::reads).forEach(channel -> channel.bind(connection));
    for (AbstractChannel channel : all) {
      keepGoing(channel);
    }
    channels.joinUntilClose();
  }

  /** Starts a channel's thread again until it goes on. */
  private static void keepGoing(AbstractChannel channel) throws Exception {
    Optional<Field> field =
        Arrays.stream(channel.getClass().getDeclaredFields())
            .filter(declared -> declared.getType() == LoopThread.class)
            .findFirst();
    if (field.isEmpty()) {
      return;
    }
    field.get().setAccessible(true);
    LoopThread loop = (LoopThread) field.get().get(channel);
    // Long enough for a thread that ends at once; one that has not begun by then goes on.
    loop.join(PATIENCE_MILLIS);
    while (!loop.isAlive()) {
      loop =
          new LoopThread(
              loop.getName(), (long) part(loop, "sleep"), (Runnable) part(loop, "loopBody"));
      field.get().set(channel, loop);
      loop.start();
      loop.join(PATIENCE_MILLIS);
    }
  }

  private static Object part(LoopThread loop, String name) throws Exception {
    Field field = LoopThread.class.getDeclaredField(name);
    field.setAccessible(true);
    return field.get(loop);
  }

  private static boolean reads(AbstractChannel channel) {
    return channel instanceof ShellChannel || channel instanceof ControlChannel;
  }
}
