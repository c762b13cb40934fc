//! Where the bytes of files lie: a folder, or a bucket that speaks S3.

use std::{path, sync::Arc, time::Duration};

use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt};
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, memory::InMemory, path::Path,
};
use persistence::{Db, sample};

/// The file store. What lies in it is written once, under a key of its own, and never changed.
#[derive(Clone, Debug)]
pub struct FileStore {
    objects: Arc<dyn ObjectStore>,
    /// Before every key.
    prefix: Path,
}

/// How long a bucket may take to answer, all attempts together.
const PATIENCE: Duration = Duration::from_secs(10);

impl FileStore {
    /// A store whose contents go with the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { objects: Arc::new(InMemory::new()), prefix: Path::default() }
    }

    /// The store at an address: `file://folder`, or `s3://bucket/prefix` with its credentials in the environment. Opens nothing: a
    /// folder is made when the first file comes.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the address.
    pub fn at(address: &str) -> Result<Self, String> {
        if let Some(folder) = address.strip_prefix("file://") {
            return Self::folder(path::Path::new(folder));
        }
        if !address.starts_with("s3://") {
            return Err("it must begin with file:// or s3://".into());
        }
        let url = url::Url::parse(address).map_err(|error| format!("it is not an address: {error}"))?;
        let prefix = Path::parse(url.path().trim_start_matches('/')).map_err(|error| error.to_string())?;
        let retries = RetryConfig { max_retries: 3, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let options = ClientOptions::default().with_timeout(PATIENCE).with_connect_timeout(PATIENCE / 2);
        let bucket = AmazonS3Builder::from_env().with_client_options(options).with_retry(retries).with_url(address).build();
        Ok(Self { objects: Arc::new(bucket.map_err(|error| error.to_string())?), prefix })
    }

    /// The store in a folder.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the folder.
    pub fn folder(folder: &path::Path) -> Result<Self, String> {
        let text = folder.to_str().unwrap_or_default();
        if text.is_empty() || text.contains(['?', '#', '\0', '%']) {
            return Err("file:// must be followed by a plain folder, such as file://frivillig.files".into());
        }
        let absolute = path::absolute(folder).map_err(|error| error.to_string())?;
        if absolute.exists() && !absolute.is_dir() || !absolute.parent().is_some_and(path::Path::is_dir) {
            return Err(format!("{} is not a folder in an existing folder", folder.display()));
        }
        let prefix = Path::from_absolute_path(&absolute).map_err(|error| error.to_string())?;
        Ok(Self { objects: Arc::new(LocalFileSystem::new().with_fsync(true)), prefix })
    }

    fn path(&self, key: &str) -> Path {
        self.prefix.clone().join(key)
    }

    /// Lays something into the store: whole, or not at all.
    ///
    /// # Errors
    /// What went wrong, for the log.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), String> {
        self.objects.put(&self.path(key), bytes.into()).await.map(|_| ()).map_err(|error| error.to_string())
    }

    /// How many bytes there are under a key, and the bytes.
    ///
    /// # Errors
    /// What went wrong, for the log.
    pub async fn get(&self, key: &str) -> Result<(u64, impl Stream<Item = Result<Bytes, object_store::Error>> + use<>), String> {
        let found = self.objects.get(&self.path(key)).await.map_err(|error| error.to_string())?;
        Ok((found.range.end - found.range.start, found.into_stream()))
    }

    /// Throws away what lies under these keys. What is gone already is as good as thrown away.
    ///
    /// # Errors
    /// What went wrong, for the log.
    pub async fn discard(&self, keys: &[String]) -> Result<(), String> {
        for key in keys {
            match self.objects.delete(&self.path(key)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }

    /// Lays into the store what the sample data in a database wants there.
    ///
    /// # Errors
    /// What went wrong, for the operator.
    pub async fn put_samples(&self, db: &Db) -> Result<(), String> {
        for (key, bytes) in db.read(sample::objects).result.map_err(|error| error.to_string())? {
            self.put(&key, Bytes::from_static(bytes)).await?;
        }
        Ok(())
    }

    /// How many things lie in the store.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn count(&self) -> Result<usize, String> {
        let found: Vec<_> = self.objects.list(Some(&self.prefix)).collect().await;
        found.into_iter().collect::<Result<Vec<_>, _>>().map(|all| all.len()).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::FileStore;

    #[test]
    fn an_address_is_a_folder_or_a_bucket() {
        for good in ["file:///tmp/frivillig.files", "file://frivillig.files", "s3://bucket", "s3://bucket/below/it"] {
            assert!(FileStore::at(good).is_ok(), "{good}: {:?}", FileStore::at(good).err());
        }
        for wrong in
            ["", "frivillig.files", "file://", "file://a?b", "http://bucket", "s3://", "file:///etc/hostname", "file:///nowhere/at/all"]
        {
            assert!(FileStore::at(wrong).is_err(), "{wrong}");
        }
    }
}
