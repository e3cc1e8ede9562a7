"""kleiber: how much better will the model get with more data, and how much is enough?"""
