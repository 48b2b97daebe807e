"""Serves S3 on loopback with moto, with one private bucket and one key that may read it; ends when its standard input does."""
import json
import sys

import boto3
import requests
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
endpoint = f"http://{host}:{port}"
made_up = {"aws_access_key_id": "none", "aws_secret_access_key": "none", "region_name": "eu-west-1"}

iam = boto3.client("iam", endpoint_url=endpoint, **made_up)
iam.create_user(UserName="reader")
statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=policy)
key = iam.create_access_key(UserName="reader")["AccessKey"]

s3 = boto3.client("s3", endpoint_url=endpoint, **made_up)
s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
# From here on every request is checked: who signed it, and whether the signature is right.
requests.post(f"{endpoint}/moto-api/reset-auth", data="0", timeout=30)
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    aws_access_key_id=key["AccessKeyId"],
    aws_secret_access_key=key["SecretAccessKey"],
    region_name="eu-west-1",
)
for name, path in (argument.split("=", 1) for argument in sys.argv[1:]):
    s3.upload_file(path, "models", name)

print(json.dumps({"endpoint": endpoint, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}), flush=True)
sys.stdin.read()
server.stop()
